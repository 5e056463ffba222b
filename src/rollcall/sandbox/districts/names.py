"""Names for invented students of a Californian district, as data.

Surnames and given names are common ones, put together at random; no list names a real person.
Each group lists its more frequent surnames first. Some names are longer than the 15 characters
that CASEMIS keeps, and some hold accents, apostrophes, hyphens or spaces, because those are what
matching trips over.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Group:
    """Names that go together. `weight`: how often the group is drawn. `double`: the share of
    students who carry two surnames.
    """

    weight: float
    surnames: tuple[str, ...]
    girls: tuple[str, ...]
    boys: tuple[str, ...]
    double: float = 0.03


def _names(text: str) -> tuple[str, ...]:
    """Names parted by commas."""
    return tuple(name.strip() for name in text.split(","))


SPANISH = Group(
    weight=0.44,
    double=0.3,
    surnames=_names(
        "García, Hernández, López, Martínez, Rodríguez, González, Pérez, Sánchez, Ramírez, Torres,"
        "Flores, Rivera, Gómez, Díaz, Reyes, Morales, Cruz, Ortiz, Gutiérrez, Chávez, Ramos, Ruiz,"
        "Mendoza, Álvarez, Jiménez, Castillo, Vásquez, Romero, Moreno, Herrera, Medina, Aguilar,"
        "Vargas, Castro, Guzmán, Méndez, Fernández, Muñoz, Salazar, Soto, Delgado, Peña, Ríos,"
        "Contreras, Domínguez, Guerrero, Estrada, Luna, Sandoval, Velásquez, Cervantes, Núñez,"
        "Ibáñez, Zúñiga, Treviño, De la Cruz, De la Torre, Del Río, Montes de Oca, Villaseñor,"
        "Bustamante Arroyo, Covarrubias Magaña, Santillán"
    ),
    girls=_names(
        "María, Sofía, Camila, Isabella, Valentina, Ximena, Daniela, Lucía, Alejandra, Guadalupe,"
        "Ana Sofía, Jimena, Renata, Mariana, Fernanda, Elena, Paola, Itzel, Araceli, Xóchitl,"
        "María Guadalupe, María de los Ángeles, Monserrat, Yaretzi, Noemí, Inés, Belén, Rocío"
    ),
    boys=_names(
        "José, Luis, Juan, Ángel, Diego, Mateo, Santiago, Sebastián, Alejandro, Jesús, Emiliano,"
        "Miguel, Adrián, Andrés, Joaquín, Iván, Óscar, Rubén, César, Héctor, Saúl, Ramón, Tomás,"
        "José María, Juan Carlos, Miguel Ángel, Maximiliano, Francisco Javier"
    ),
)

ENGLISH = Group(
    weight=0.25,
    surnames=_names(
        "Smith, Johnson, Williams, Brown, Jones, Miller, Davis, Wilson, Anderson, Taylor, Thomas,"
        "Moore, Jackson, Thompson, White, Harris, Clark, Lewis, Robinson, Walker, Young, Allen,"
        "King, Wright, Scott, Hill, Green, Adams, Baker, Nelson, Carter, Mitchell, Roberts, Turner,"
        "Phillips, Campbell, Parker, Evans, Edwards, Collins, O'Brien, O'Connor, O'Neill, McDonald,"
        "D'Angelo, St. Clair, Van der Berg, Smith-Jones, Fitzgerald-Hughes, Featherstonehaugh,"
        "Schwarzenbacher, Müller, Björnstad, Washington, Jefferson, Freeman, Booker, Banks"
    ),
    girls=_names(
        "Emma, Olivia, Ava, Mia, Charlotte, Amelia, Harper, Evelyn, Abigail, Emily, Ella, Grace,"
        "Chloe, Zoë, Renée, Anne-Marie, Mary Kate, Aaliyah, Imani, Nevaeh, Destiny, Jasmine,"
        "Savannah, Brooklyn, D'Asia, Ka'ila, Mary-Elizabeth, Alexandria-Rose"
    ),
    boys=_names(
        "Liam, Noah, Ethan, Mason, Logan, Lucas, Jackson, Aiden, Elijah, James, Benjamin, William,"
        "Jacob, Michael, Daniel, Henry, Owen, Wyatt, Carter, Jayden, Isaiah, Malik, Darius, Xavier,"
        "De'Andre, Jean-Luc, André, Christopher-James"
    ),
)

VIETNAMESE = Group(
    weight=0.07,
    surnames=_names(
        "Nguyễn, Trần, Lê, Phạm, Huỳnh, Hoàng, Phan, Vũ, Võ, Đặng, Bùi, Đỗ, Hồ, Ngô, Dương, Lý,"
        "Đinh, Mai, Trịnh, Lâm, Nguyen, Tran, Le, Pham, Huynh, Vo, Bui, Truong, Luong, Ta"
    ),
    girls=_names(
        "Linh, Trang, Thảo, Vy, Ngọc, Mai, Lan, Hương, Thu, Kim, Phương, Yến, Tuyết, Thi, Anh,"
        "Bảo Ngọc, Thanh Trúc, Minh Châu, Quỳnh, Diễm"
    ),
    boys=_names(
        "Minh, Anh, Huy, Khang, Bảo, Đức, Tuấn, Hùng, Long, Nam, Quân, Phúc, Duy, Khôi, Thành,"
        "Gia Bảo, Minh Khôi, Quốc, Tài, Việt"
    ),
)

HMONG = Group(
    weight=0.06,
    surnames=_names(
        "Vang, Xiong, Yang, Thao, Lor, Moua, Her, Lee, Vue, Cha, Khang, Kue, Hang, Chang, Lo, Yaj,"
        "Thoj, Xyooj, Vaj, Cheng, Pha, Fang, Vu"
    ),
    girls=_names(
        "Mai, Pa Houa, Kia, Mai Nhia, Pa Nhia, Yer, Bao, Gao Sheng, Gaonou, Mee, See, Xee, Nkauj,"
        "Paj Ntaub, Maly, Sheng, Chee, Gao Nou, Pahoua, Kazoua"
    ),
    boys=_names(
        "Tou, Kong, Pao, Chue, Xeng, Yeng, Nhia, Meng, Tou Ger, Cheng, Fue, Kou, Tswvyim, Nruas,"
        "Pheng, Ntxawg, Long, Vam, Teng, Choua"
    ),
)

CHINESE = Group(
    weight=0.07,
    surnames=_names(
        "Wong, Chen, Li, Wang, Zhang, Liu, Chan, Lee, Huang, Lin, Wu, Ho, Leung, Ng, Cheung, Zhao,"
        "Xu, Lam, Zhou, Yu, Tang, Lü, Ou-Yang, Szeto, Fong, Kwan, Mak, Tsang, Au"
    ),
    girls=_names(
        "Mei, Xin Yi, Jia, Yu Tong, Li Na, Ying, Hui, Xiao-Ling, Wai Yee, Siu Man, Ka Yan, Lily,"
        "Joyce, Vivian, Michelle, Karen, Tiffany, Si Han, Zi Xuan, Yan"
    ),
    boys=_names(
        "Wei, Hao, Jun, Ming, Zi Hao, Yu Xuan, Jian, Lei, Tao, Kai, Ka Ho, Chi Wai, Wing, Kevin,"
        "Jason, Eric, Raymond, Hao-Ran, Bo, Xiang"
    ),
)

ARMENIAN = Group(
    weight=0.05,
    surnames=_names(
        "Hakobyan, Sargsyan, Petrosyan, Grigoryan, Harutyunyan, Khachatryan, Vardanyan, Karapetyan,"
        "Gevorgyan, Avetisyan, Manukyan, Ter-Petrosyan, Der-Harutiunian, Hovhannisyan, Abrahamyan,"
        "Mkrtchyan, Ghazaryan, Balasanyan, Keshishian, Der Ghougassian, Krikorian, Bedrosian"
    ),
    girls=_names(
        "Ani, Mariam, Nare, Lilit, Anahit, Arpi, Gayane, Narine, Sona, Tatevik, Siranush, Hasmik,"
        "Astghik, Shushan, Araks, Milena, Talar, Knarik"
    ),
    boys=_names(
        "Davit, Narek, Tigran, Armen, Hayk, Aram, Gor, Vahe, Artur, Levon, Hovhannes, Gevorg,"
        "Karen, Sevak, Raffi, Vartan, Sarkis, Krikor"
    ),
)

FILIPINO = Group(
    weight=0.06,
    double=0.1,
    surnames=_names(
        "Santos, Reyes, Bautista, Ocampo, Mendoza, Dela Cruz, Aquino, Villanueva, Pascual,"
        "Macaraeg, Dimaculangan, Macapagal, Tolentino, Agbayani, De los Santos, Manalo,"
        "Batungbakal, Catacutan, Panganiban, Magsaysay, Lacsamana, Gatdula"
    ),
    girls=_names(
        "Angelica, Princess, Maricel, Jasmine, Althea, Andrea, Kristine Joy, Mary Grace, Angel,"
        "Bianca, Rhea, Czarina, Ma. Theresa, Liezel, Jillian, Nicole, Precious, Hannah Mae"
    ),
    boys=_names(
        "Joshua, Christian, John Paul, Mark Anthony, Angelo, Jericho, Gabriel, Nathaniel, Rafael,"
        "Carl, Jomar, Rodel, Kristoffer, Prince, John Michael, Enzo, Dominic, Jhun"
    ),
)

GROUPS: tuple[Group, ...] = (SPANISH, ENGLISH, VIETNAMESE, HMONG, CHINESE, ARMENIAN, FILIPINO)

#: A surname of no group: a student by this name is in no sandbox district.
NOBODY = "Zyxwynd"

PLACES: tuple[str, ...] = _names(
    "Alder, Almond, Amber, Arroyo, Aspen, Bay Laurel, Blue Heron, Buckeye, Canyon, Cedar,"
    "Chaparral, Clover, Cottonwood, Coyote, Cypress, Elderberry, Foxtail, Golden Poppy, Granite,"
    "Hawk, Juniper, Kestrel, Lupine, Madrone, Manzanita, Meadowlark, Mustard, Oak, Orchard, Osprey,"
    "Palo Verde, Pepperwood, Quail, Redbud, Redwood, Sage, Sycamore, Tule, Walnut, Willow"
)
FEATURES: tuple[str, ...] = _names(
    "Bend, Bluff, Bridge, Brook, Canyon, Creek, Crest, Crossing, Dale, Falls, Field, Flat, Ford,"
    "Gate, Glen, Grove, Harbor, Heights, Hill, Hollow, Junction, Knoll, Lake, Landing, Ledge,"
    "Meadow, Mesa, Park, Pass, Plains, Point, Pond, Prairie, Ranch, Ridge, Rock, Shore, Slope,"
    "Spring, Summit, Terrace, Trail, Vale, Valley, Vista, Vineyard, Way, Wells, Woods, Wash"
)
